{#
    Whose lists should show the people of a home place from one side, and the date of its latest list of a month. It is
    the smallest unit that holds the place and ever sent a list of that side.
#}
with

-- the side that a form's rows mostly speak for
form_side as (
    select
        form_id,
        max_by(side, {{ order_key(['stays', 'side']) }}) as side
    from (
        select
            form_id,
            side,
            count(*) as stays
        from {{ ref('stay_sender') }}
        group by form_id, side
    )
    group by form_id
),

list as (
    select
        form_side.side,
        file.unit_code,
        file.period,
        max(file.reported_on) as reported_on
    from {{ ref('int_current_file') }} as file
    inner join form_side on file.form_id = form_side.form_id
    group by form_side.side, file.unit_code, file.period
),

sender as (
    select distinct
        side,
        unit_code
    from list
),

home as (
    select distinct place_code
    from {{ ref('int_counting_home') }}
),

covered as (
    {% for level in levels() %}
        select
            place.place_code,
            sender.side,
            sender.unit_code,
            {{ loop.index }} as depth
        from {{ ref('int_counting_place') }} as place
        inner join home on place.place_code = home.place_code
        inner join sender on place.{{ level }}_key = sender.unit_code
        where place.known_to = {{ end_of_time() }}
        {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

asked as (
    select
        place_code,
        side,
        max_by(unit_code, depth) as unit_code
    from covered
    group by place_code, side
)

select
    asked.place_code,
    asked.side,
    asked.unit_code,
    month.as_of,
    list.reported_on
from asked
cross join {{ ref('int_counting_month') }} as month
left join list
    on
        asked.side = list.side
        and asked.unit_code = list.unit_code
        and list.period = strftime(month.as_of, '%Y-%m')
