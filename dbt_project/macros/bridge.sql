{#
    The difference between two definitions, taken apart axis by axis (口径差异分解). Between definition A and definition B lie
    hybrids: definitions that take some axes of B and the others of A. The first hybrid takes none and is A, the last
    takes all and is B, and each step from one to the next changes one axis: so steps add up to the difference exactly.

    Hybrids are many (twice as many for each axis that differs), so stays are not counted once for each. What a definition
    says of a stay is what all its tests say together: no, where one says no; else unknown, where one cannot tell; else
    yes. So the rule of counting (counted_on) is asked for each test alone, by definitions that ask for nothing else
    (probes), and what a hybrid says follows from the answers. Stays with the same answers are counted together.
#}

{# What a definition has in a column where it asks for nothing. #}
{% macro value_that_asks_nothing(column) -%}
    {{ return({
        'boundary_level': "'none'",
        'excludes_intra_city': 'false',
        'clock': "'arrived'",
        'min_months': '0',
        'min_days': '0',
    }.get(column, 'null')) }}
{%- endmacro %}

{# An axis of a definition as one text; null where the definition asks for nothing. #}
{% macro axis_as_text(axis, definition) -%}
    {%- set texts = {
        'boundary': "concat_ws('/', D.boundary_level, D.within_boundary)",
        'duration': "case when D.min_months > 0 then 'P' || D.min_months || 'M' else 'P' || D.min_days || 'D' end",
        'age': "nullif(concat(D.age_min, '-', D.age_max), '-')",
        'reason': "array_to_string(D.excluded_reasons, ';')",
    } -%}
    {%- set column = dict(counting_axes())[axis][0] -%}
    {{ return(texts.get(axis, 'cast(D.' ~ column ~ ' as varchar)').replace('D.', definition ~ '.')) }}
{%- endmacro %}

{# The axes with the probe that asks for each. Clock and duration are one test (how long since when), so their probe #}
{# asks for both, in each mixture of A and B: `weight` is what the axis of B adds to the number of the mixture. #}
{% macro bridge_axes() -%}
    {%- set axes = [] -%}
    {%- for axis, columns in counting_axes() -%}
        {%- set is_duration = axis == 'duration' -%}
        {%- do axes.append({
            'axis': axis,
            'number': loop.index,
            'columns': columns,
            'probe': 'clock' if is_duration else axis,
            'weight': 2 if is_duration else 1,
        }) -%}
    {%- endfor -%}
    {{ return(axes) }}
{%- endmacro %}

{# What `definition_a` and `definition_b` ask for in each axis, and whether they differ. #}
{% macro axes_as_structs() -%}
    {%- set structs = [] -%}
    {%- for axis in bridge_axes() -%}
        {%- set differences = [] -%}
        {%- for column in axis.columns -%}
            {%- do differences.append('definition_a.' ~ column ~ ' is distinct from definition_b.' ~ column) -%}
        {%- endfor -%}
        {%- do structs.append(
            "struct_pack(axis := '" ~ axis.axis ~ "', number := " ~ axis.number
            ~ ", probe := '" ~ axis.probe ~ "', weight := " ~ axis.weight
            ~ ", from_value := " ~ axis_as_text(axis.axis, 'definition_a')
            ~ ", to_value := " ~ axis_as_text(axis.axis, 'definition_b')
            ~ ", differs := " ~ differences | join(' or ') ~ ")"
        ) -%}
    {%- endfor -%}
    {{ return(structs) }}
{%- endmacro %}

{# What is asked of the two definitions: which axes differ, in the stated order, and the probes with their bits. #}
{% macro bridge_questions() -%}
    axis as (
        select unnest([{{ axes_as_structs() | join(', ') }}], recursive := true)
        from asked
        inner join intermediate.int_counting_definition as definition_a
            on asked.from_definition = definition_a.definition_id
        inner join intermediate.int_counting_definition as definition_b
            on asked.to_definition = definition_b.definition_id
    ),

    difference as (
        select
            axis.*,
            row_number() over (order by axis.number) - 1 as ordinal,
            count(*) over () as axes
        from axis
        where axis.differs
    ),

    -- the answers to a probe stand at these bits, one for each mixture; bit 0 is what both definitions ask for
    question as (
        select
            'shared' as probe,
            0 as mixture,
            0 as bit
        union all
        select
            numbered.probe,
            numbered.mixture,
            row_number() over (order by numbered.probe, numbered.mixture) as bit
        from (
            select
                difference.probe,
                unnest(range(case difference.probe when 'clock' then 4 else 2 end)) as mixture
            from difference
            group by difference.probe
        ) as numbered
    ),

    probe as (
        select
            question.bit as definition_id
    {%- for axis in bridge_axes() %}
        {%- for column in axis.columns %},
            case
                when
                    question.probe = '{{ axis.probe }}'
                    or question.probe = 'shared' and not coalesce(list_contains(differing.probes, '{{ axis.probe }}'), false)
                    then
                        case
                            when question.mixture & {{ axis.weight }} = 0 then definition_a.{{ column }}
                            else definition_b.{{ column }}
                        end
                else {{ value_that_asks_nothing(column) }}
            end as {{ column }}
        {%- endfor %}
    {%- endfor %}
        from asked
        inner join intermediate.int_counting_definition as definition_a
            on asked.from_definition = definition_a.definition_id
        inner join intermediate.int_counting_definition as definition_b
            on asked.to_definition = definition_b.definition_id
        cross join (select list(difference.probe) as probes from difference) as differing
        cross join question
    ),

    -- the hybrids, as which axes they take from B, each with the answers that it needs
    hybrid as (
        select
            taken.hybrid,
            coalesce(bit_or(cast(1 as bigint) << cast(question.bit as bigint)), 0) | 1 as needed
        from (
            select
                each.hybrid,
                difference.probe,
                sum(((each.hybrid >> difference.ordinal) & 1) * difference.weight) as mixture
            from (
                select unnest(range(cast(1 as bigint) << counted.axes)) as hybrid
                from (select count(*) as axes from difference) as counted
            ) as each
            left join difference on true
            group by each.hybrid, difference.probe
        ) as taken
        left join question
            on
                taken.probe = question.probe
                and taken.mixture = question.mixture
        group by taken.hybrid
    )
{%- endmacro %}

{% macro count_at(count, place) -%}
    {%- if place == 'units' -%}
        coalesce(unit_count.{{ 'units' if count == 'persons' else 'units_unknown' }}, 0)
    {%- else -%}
        {{ 'counts.' ~ count ~ place if place else '0' }}
    {%- endif -%}
{%- endmacro %}

{# The bridge that is asked: `asked` is a query of one row (from_definition, to_definition, day, direction, level). #}
{% macro bridge_of(asked, day='(select asked.day from asked)') -%}
    {#- what is counted of every hybrid: all, and who is known to the forms of the two agencies -#}
    {%- set kinds = ['persons', 'unknown'] -%}
    {%- set known_kinds = [
        'persons_known_to_from', 'unknown_known_to_from', 'persons_known_to_to', 'unknown_known_to_to'
    ] -%}
    {%- set last = counting_axes() | length + 4 -%}
with asked as (
    {{ asked }}
),

{{ bridge_questions() }},

-- what the agencies count by themselves: in lists of which form, and in which unit
own_form as (
    select
        form_a.own_form as from_form,
        form_b.own_form as to_form,
        case when form_a.unit != 'person' and form_a.own_form is not null then form_a.unit end as from_unit,
        case when form_b.unit != 'person' and form_b.own_form is not null then form_b.unit end as to_unit
    from asked
    inner join ref.definition as form_a
        on asked.from_definition = form_a.definition_id
    inner join ref.definition as form_b
        on asked.to_definition = form_b.definition_id
),

stay_here as (
    select
        stay.*,
        home.division_code
    from asked
    inner join intermediate.int_counting_home as home
        on
            asked.level = home.level
            and home.known_from <= asked.day
            and asked.day < home.known_to
    inner join intermediate.int_counting_stay as stay
        on home.place_code = case asked.direction when 'in' then stay.dest_code else stay.origin_code end
),

answer as (
    {{ counted_on('probe', 'stay_here', day, ['division_code']) }}
),

answers as (
    select
        answer.part_number,
        any_value(answer.division_code) as division_code,
        bit_or(cast(1 as bigint) << cast(answer.definition_id as bigint)) as possible,
        bit_or(
            case when answer.is_counted then cast(1 as bigint) << cast(answer.definition_id as bigint) else 0 end
        ) as certain
    from answer
    group by answer.part_number
),

-- who is known to the forms of the agencies on the day
known as (
    select
        shown.part_number,
        shown.is_known_to_from,
        shown.is_known_to_to
    from (
        select
            span.part_number,
            coalesce(contains('+' || span.forms || '+', '+' || own_form.from_form || '+'), false) as is_known_to_from,
            coalesce(contains('+' || span.forms || '+', '+' || own_form.to_form || '+'), false) as is_known_to_to
        from asked
        cross join own_form
        inner join intermediate.int_known_interval as span
            on
                span.from_day <= asked.day
                and asked.day < span.to_day
                and coalesce(own_form.from_form, own_form.to_form) is not null
    ) as shown
    where shown.is_known_to_from or shown.is_known_to_to
),

alike as (
    select
        answers.division_code,
        answers.possible,
        answers.certain,
        coalesce(known.is_known_to_from, false) as is_known_to_from,
        coalesce(known.is_known_to_to, false) as is_known_to_to,
        count(*) as persons
    from answers
    left join known
        on answers.part_number = known.part_number
    where answers.possible & 1 = 1
    group by all
),

counted as (
    select
        alike.division_code,
        hybrid.hybrid,
    {%- for suffix, condition in [
        ('', ''), ('_known_to_from', 'alike.is_known_to_from and '), ('_known_to_to', 'alike.is_known_to_to and ')
    ] %}
        sum(alike.persons) filter (
            where {{ condition }}alike.certain & hybrid.needed = hybrid.needed
        ) as persons{{ suffix }},
        sum(alike.persons) filter (
            where
                {{ condition }}alike.possible & hybrid.needed = hybrid.needed
                and alike.certain & hybrid.needed != hybrid.needed
        ) as unknown{{ suffix }}{{ ',' if not loop.last }}
    {%- endfor %}
    from alike
    cross join hybrid
    group by alike.division_code, hybrid.hybrid
),

-- a division with its counts side by side: that of a hybrid stands at its number, from 1
counts as (
    select
        counted.division_code,
        {% for count in kinds + known_kinds %}
        list(cast(coalesce(counted.{{ count }}, 0) as bigint) order by counted.hybrid) as {{ count }}{{ ',' if not loop.last }}
    {% endfor %}
    from counted
    group by counted.division_code
    having sum(counted.persons) > 0 or sum(counted.unknown) > 0
),

-- the same in other units than persons: the first hybrid is A, the last is B
stay_at_end as (
    {%- for definition, first_or_last in [('from_definition', 'min'), ('to_definition', 'max')] %}
    select
        asked.day as as_of,
        asked.{{ definition }} as definition_id,
        asked.direction,
        asked.level,
        answers.division_code,
        stay.stay_id,
        answers.certain & at_end.needed = at_end.needed as is_counted
    from asked
    cross join own_form
    cross join (select arg_{{ first_or_last }}(hybrid.needed, hybrid.hybrid) as needed from hybrid) as at_end
    inner join answers
        on
            answers.possible & at_end.needed = at_end.needed
            and own_form.{{ definition.replace('definition', 'unit') }} is not null
    inner join intermediate.int_counting_stay as stay
        on answers.part_number = stay.part_number
    {{ 'union' if not loop.last }}
    {%- endfor %}
),

unit_count as (
    {{ entries_of('stay_at_end', 'ref.definition', 'core.stay_sender', 'intermediate.int_service_answer') }}
),

-- what an axis changes, whichever of the others have been changed before it; of all orders, so many have those first
effect as (
    select
        changed.division_code,
        changed.axis,
        min(changed.persons) as lowest,
        max(changed.persons) as highest,
        -- a sum of fractions depends on their order in the last digits
        round(sum(changed.persons * changed.share), 6) as mean
    from (
        select
            counts.division_code,
            difference.axis,
            counts.persons[(hybrid.hybrid | (cast(1 as bigint) << difference.ordinal)) + 1]
            - counts.persons[hybrid.hybrid + 1] as persons,
            factorial(cast(bit_count(hybrid.hybrid) as integer))
            * factorial(cast(difference.axes - bit_count(hybrid.hybrid) - 1 as integer))
            / factorial(cast(difference.axes as integer)) as share
        from counts
        cross join difference
        inner join hybrid
            on (hybrid.hybrid >> difference.ordinal) & 1 = 0
    ) as changed
    group by changed.division_code, changed.axis
),

step as (
    {#- the rows beside the axes: where they stand, what of own_form they need, and the counts before and after #}
    {%- for number, step, needs, from_value, to_value, before, after in [
        (1, 'unit_from', 'from_unit', 'own_form.from_unit', "'person'", 'units', '_known_to_from[1]'),
        (2, 'coverage_from', 'from_form', 'own_form.from_form', 'null', '_known_to_from[1]', '[1]'),
        (3, 'stock_from', '', 'null', 'null', '', '[1]'),
        (last, 'stock_to', '', 'null', 'null', '', '[-1]'),
        (last + 1, 'coverage_to', 'to_form', 'null', 'own_form.to_form', '[-1]', '_known_to_to[-1]'),
        (last + 2, 'unit_to', 'to_unit', "'person'", 'own_form.to_unit', '_known_to_to[-1]', 'units'),
    ] %}
        select
            counts.division_code,
            {{ number }} as step_order,
            '{{ step }}' as step,
            {{ from_value }} as from_value,
            {{ to_value }} as to_value,
            {{ count_at('persons', before) }} as persons_before,
            {{ count_at('persons', after) }} as persons_after,
            {{ count_at('unknown', before) }} as unknown_before,
            {{ count_at('unknown', after) }} as unknown_after
        from counts
        cross join asked
        cross join own_form
        left join unit_count
            on
                counts.division_code = unit_count.division_code
                and unit_count.definition_id
                = {{ 'asked.' ~ needs.replace('unit', 'definition') if needs.endswith('_unit') else 'null' }}
        where {{ 'own_form.' ~ needs ~ ' is not null' if needs else 'true' }}
        union all
    {% endfor %}
    select
        counts.division_code,
        difference.number + 3 as step_order,
        difference.axis as step,
        difference.from_value,
        difference.to_value,
        counts.persons[cast(1 as bigint) << difference.ordinal] as persons_before,
        counts.persons[cast(2 as bigint) << difference.ordinal] as persons_after,
        counts.unknown[cast(1 as bigint) << difference.ordinal] as unknown_before,
        counts.unknown[cast(2 as bigint) << difference.ordinal] as unknown_after
    from counts
    cross join difference
)

select
    asked.day as as_of,
    asked.direction,
    asked.level,
    step.division_code,
    asked.from_definition,
    asked.to_definition,
    step.step,
    step.persons_after - step.persons_before as persons,
    step.unknown_after - step.unknown_before as persons_unknown,
    cast(step.step_order as integer) as step_order,
    step.from_value,
    step.to_value,
    step.persons_after,
    step.unknown_after,
    effect.lowest as persons_lowest,
    effect.highest as persons_highest,
    effect.mean as persons_mean
from step
cross join asked
left join effect
    on
        step.division_code = effect.division_code
        and step.step = effect.axis
{%- endmacro %}

{# What is asked of bridge_on, or one clear sentence where it cannot be. #}
{% macro table_macro_bridge_on() -%}
    {% set asked %}
        select
            {{ asked_definition('from_definition') }} as from_definition,
            {{ asked_definition('to_definition') }} as to_definition,
            cast(date as date) as day,
            {{ asked_direction() }} as direction,
            {{ asked_level_of_home() }} as level
    {% endset %}
    create or replace macro main.bridge_on(from_definition, to_definition, date, direction, level) as table
    {{ bridge_of(asked, 'cast(date as date)') }}
    order by step.division_code, step.step_order
{%- endmacro %}
