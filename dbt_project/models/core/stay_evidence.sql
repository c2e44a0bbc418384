{{ per_person() }}

select
    stay.stay_id,
    claim.person_key,
    claim.form_id,
    claim.file_id,
    claim.sheet,
    claim.row_number,
    claim.side,
    claim.list_kind,
    claim.reported_on,
    claim.origin_code,
    claim.origin_level,
    claim.dest_code,
    claim.dest_level,
    {{ published_date('claim.left_hukou_from', 'claim.left_hukou_to') }} as left_hukou_date,
    {{ published_after('claim.left_hukou_from', 'claim.left_hukou_to') }} as left_hukou_after,
    {{ published_before('claim.left_hukou_from', 'claim.left_hukou_to') }} as left_hukou_before,
    {{ published_date('claim.arrived_from', 'claim.arrived_to') }} as arrived_date,
    {{ published_after('claim.arrived_from', 'claim.arrived_to') }} as arrived_after,
    {{ published_before('claim.arrived_from', 'claim.arrived_to') }} as arrived_before,
    {{ published_date('claim.ended_from', 'claim.ended_to') }} as ended_date,
    {{ published_after('claim.ended_from', 'claim.ended_to') }} as ended_after,
    {{ published_before('claim.ended_from', 'claim.ended_to') }} as ended_before,
    claim.reason_code,
    claim.dwelling_code,
    cast(null as varchar) as joined_by
from {{ ref('int_claim') }} as claim
inner join {{ ref('int_spell_row') }} as spell_row
    on
        claim.person_key = spell_row.person_key
        and claim.form_id = spell_row.form_id
        and claim.unit_code = spell_row.unit_code
        and claim.side = spell_row.side
        and claim.reported_on = spell_row.reported_on
inner join {{ ref('int_stay_spell') }} as spell
    on
        spell_row.person_key = spell.person_key
        and spell_row.form_id = spell.form_id
        and spell_row.unit_code = spell.unit_code
        and spell_row.side = spell.side
        and spell_row.spell_number = spell.spell_number
inner join {{ ref('int_stay') }} as stay
    on
        spell.person_key = stay.person_key
        and spell.stay_rank = stay.stay_rank
